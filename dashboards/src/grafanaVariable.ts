/** A variable as Grafana writes it, to be replaced when a panel is shown. */
export const grafanaVariable = (name: string): string => `\${${name}}`;

/** The same in a link, where it holds a whole address: without `:raw` its slashes are escaped. */
export const grafanaAddress = (name: string): string => grafanaVariable(`${name}:raw`);
