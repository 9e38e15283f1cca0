/** Recognises the host of the embedded stack's identity provider. */

/** @param hostname as in URL.hostname. */
export const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
