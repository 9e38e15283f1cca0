/** Splits a PromQL expression into its parts, with the parser of Prometheus' own editor. */
import { parser } from '@prometheus-io/lezer-promql';

export interface Selector {
  metric: string;
  /** The selector with its matchers, as written. */
  text: string;
  /** The function around the range vector; undefined for an instant vector. */
  calledBy?: string;
  /** The range, as written; undefined for an instant vector. */
  window?: string;
}

export interface PromqlParts {
  /** Texts that are not valid PromQL. */
  errors: string[];
  selectors: Selector[];
}

/** Grafana's variables stand in place of durations; for the parser any valid duration will do. */
const DURATION_VARIABLES: Record<string, string> = { $__rate_interval: '59s', $__range: '61s' };

const withDurations = (expr: string): string =>
  Object.entries(DURATION_VARIABLES).reduce(
    (text, [variable, duration]) => text.replaceAll(variable, duration),
    expr,
  );
const withVariables = (text: string): string =>
  Object.entries(DURATION_VARIABLES).reduce(
    (found, [variable, duration]) => found.replaceAll(`[${duration}]`, `[${variable}]`),
    text,
  );

/** Parses an expression, which may contain Grafana's variables. */
export function promqlParts(expr: string): PromqlParts {
  const source = withDurations(expr);
  const parts: PromqlParts = { errors: [], selectors: [] };
  parser.parse(source).iterate({
    enter({ node }) {
      if (node.type.isError) parts.errors.push(source.slice(node.from) || 'its end');
      if (node.name !== 'VectorSelector') return;
      const parent = node.parent?.name === 'MatrixSelector' ? node.parent : undefined;
      const range = parent?.getChild('DurationExpr');
      let call = node.parent;
      while (call && call.name !== 'FunctionCall' && call.name !== 'AggregateExpr') {
        call = call.parent;
      }
      const caller = call?.getChild('FunctionIdentifier');
      const name = node.getChild('Identifier');
      parts.selectors.push({
        metric: name ? source.slice(name.from, name.to) : '',
        text: source.slice(node.from, node.to),
        ...(caller && { calledBy: source.slice(caller.from, caller.to) }),
        ...(range && {
          window: withVariables(`[${source.slice(range.from, range.to)}]`).slice(1, -1),
        }),
      });
    },
  });
  return parts;
}
