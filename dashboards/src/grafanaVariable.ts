/** Reference to a variable in Grafana's syntax; Grafana replaces it when it shows the panel. */
export const grafanaVariable = (name: string): string => `\${${name}}`;

/** The same in a link. The value is a whole URL: without `:raw` Grafana escapes its slashes. */
export const grafanaAddress = (name: string): string => grafanaVariable(`${name}:raw`);
