/** A mail in the development mailbox. */
export interface ReceivedMail {
  to: string[];
  from: string;
  subject: string;
  messageId: string;
  correlationId: string;
  text: string;
  html: string;
  receivedAt: Date;
}
