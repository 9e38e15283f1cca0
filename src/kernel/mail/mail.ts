/** What a mail is, and what sends it. */

export interface Mail {
  /** One of the kinds that the family declares: a label of the metric mails_total. */
  kind: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Local part of the Message-ID; the same for each attempt to send the same mail. */
  messageId: string;
  correlationId: string;
}

export interface SendOptions {
  /** An abandoned attempt: nothing is sent any more, unless the mail has been handed over. */
  signal?: AbortSignal;
  /** Called just before the server can have accepted the mail; from then on it may be sent. */
  onHandover?: () => void;
}

export interface EmailProvider {
  /**
   * Resolves when the server has accepted the mail.
   * @throws ProviderError; of the kind `unknown_outcome` when the server may have accepted it.
   */
  send(mail: Mail, options?: SendOptions): Promise<void>;
  /** Asks whether the server takes our login now, without a mail. @throws ProviderError. */
  check(signal: AbortSignal): Promise<void>;
  close(): void;
}
