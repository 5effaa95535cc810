/** A worker of the application's own, which looks at the clock in its first line. */
postMessage(Date.now());
