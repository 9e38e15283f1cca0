/** How far a configuration of single sign-on has come, whatever its run believes. */
export interface SsoConfigurationResult {
  orgId: string;
  configurationId: string;
  providerId: string;
  domains: string[];
  warnings: string[];
  errors: string[];
}

/** How far the store says that a configuration has come. A run that was reset may be behind that. */
export type SsoStanding =
  | { kind: 'open' }
  | { kind: 'completed'; result: SsoConfigurationResult }
  /** It has ended otherwise. */
  | { kind: 'over'; reason: string };
