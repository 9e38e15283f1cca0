/** Reads the mailbox of the embedded stack. */
import http from 'k6/http';
import { settings } from './settings.ts';

interface Mail {
  to: string[];
  text: string;
}

/**
 * @param link a regular expression with one group.
 * @returns the group's text in each mail to the address that matches, oldest first.
 */
export function linksMailedTo(address: string, link: RegExp): string[] {
  const url = `${settings.loopback?.mailboxUrl}/mails`;
  const mails = http.get(url, { tags: { name: 'mailbox' } }).json() as unknown as Mail[];
  return mails
    .filter(({ to }) => to.includes(address))
    .flatMap(({ text }) => link.exec(text)?.[1] ?? []);
}
