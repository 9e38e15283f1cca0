/** Renders the development mailbox as an HTML page. */
import type { ReceivedMail } from './receivedMail.ts';

const escapeHtml = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid #ccc;border-radius:6px;margin:1rem 0;padding:0 1rem 1rem}
dt{float:left;clear:left;width:9rem;color:#555}dd{margin-left:9rem}iframe{width:100%;border:0;height:14rem}`;

/** A mail's own HTML is shown in a sandboxed frame, because it is not trusted. */
const article = (mail: ReceivedMail): string => `<article><h2>${escapeHtml(mail.subject)}</h2><dl>
<dt>To</dt><dd>${escapeHtml(mail.to.join(', '))}</dd>
<dt>Message-ID</dt><dd>${escapeHtml(mail.messageId)}</dd>
<dt>Correlation id</dt><dd>${escapeHtml(mail.correlationId)}</dd>
<dt>Received</dt><dd>${mail.receivedAt.toISOString()}</dd></dl>
<iframe sandbox="" title="message" srcdoc="${escapeHtml(mail.html)}"></iframe></article>`;

export const mailboxPage = (mails: ReceivedMail[]): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mailbox</title><style>${STYLE}</style>
<h1>${mails.length} mails</h1>${mails.toReversed().map(article).join('\n')}</html>`;
