/** Client of the API for the demonstration: HTTP with a bearer token. */

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  delete<T>(path: string, body: object): Promise<T>;
}

/** An unsuccessful response; the message contains the reason that the API gave. */
class ApiError extends Error {
  override name = 'ApiError';
}

/** The part of a problem document (RFC 9457) that says what to change. */
interface ProblemDocument {
  title?: string;
  detail?: string;
  errors?: { path: string; message: string }[];
  correlationId?: string;
}

async function answerOf<T>(request: string, response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => ({}))) as ProblemDocument;
  const { title, detail, errors = [], correlationId } = problem;
  const fields = errors.map(({ path, message }) => `${path} ${message}`);
  const reasons = [title, detail, ...fields, correlationId && `correlation id ${correlationId}`];
  throw new ApiError(
    [`${request} answered ${response.status}`, ...reasons.filter(Boolean)].join(': '),
  );
}

export function createApiClient(baseUrl: string, token: string): ApiClient {
  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(baseUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return answerOf<T>(`${method} ${path}`, response);
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    delete: (path, body) => call('DELETE', path, body),
  };
}
