/** Errors of the function itself, in the same form as the API's: RFC 9457 problem details. */

/** An error response; its texts are written for the caller. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  /** Last part of the problem's type, e.g. `unauthorized`. */
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    title: string,
    { detail, headers = {} }: { detail?: string; headers?: Record<string, string> } = {},
  ) {
    super(title);
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.headers = headers;
  }
}

/** @param instance path of the request. */
export function problemResponse(problem: Problem, instance: string, correlationId: string) {
  const { status, code, title, detail, headers } = problem;
  const body = {
    type: `urn:a4c:problem:${code}`,
    title,
    status,
    ...(detail && { detail }),
    instance,
    correlationId,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
  });
}
