/** The token in the link of a test: derived, so that a repeated mail contains the same one. */
import { createHash, createHmac } from 'node:crypto';

/** 256 bits, base64url; a different one for each configuration. */
export const ssoTestToken = (secret: string, configurationId: string): string =>
  createHmac('sha256', secret).update(`sso-test:${configurationId}`).digest('base64url');

/** SHA-256, hex: the store keeps only this and finds tests by it. */
export const ssoTestTokenHash = (token: string): string =>
  createHash('sha256').update(token).digest('hex');
