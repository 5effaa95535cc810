/**
 * The response headers that every page and worker script carries. One module, so that the production server and the
 * development server cannot differ.
 */

/**
 * Content security policy (W3C CSP3). Nothing loads from another origin. `wasm-unsafe-eval` compiles the BLS and
 * barcode modules and does not allow `eval`. `wss:` because a network may use any signaling server; plain `ws:` only
 * on this machine. `blob:` images are scanned files shown back. Pages may be framed by our own demo page only.
 */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' wss: ws://localhost:* ws://127.0.0.1:*",
  "img-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join('; ');

/**
 * All security headers by name. The camera reads barcodes, in the app's own frames only; the microphone is not ours to
 * use. Refusing it does not take loopback candidates from WebRTC (tried with Chromium 156).
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(self), microphone=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
};
