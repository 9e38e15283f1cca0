/** What the layering check finds. */
export interface Problem {
  rule: string;
  reason: string;
  /** Which file or folder, and what it imports. */
  where: string;
}
