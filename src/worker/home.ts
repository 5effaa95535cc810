/** Signaling address of the server that served the page: the same host and port, over TLS exactly when the page is. */
export function homeSignaling(location: { readonly protocol: string; readonly host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/signal`;
}
