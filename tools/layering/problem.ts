/** A problem that the layering check finds. */
export interface Problem {
  rule: string;
  reason: string;
  /** The file or folder, and its import. */
  where: string;
}
