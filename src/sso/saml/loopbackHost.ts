/** Hosts of the embedded stack's own identity provider. */

/** @param hostname as URL gives it. */
export const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
