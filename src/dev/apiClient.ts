/** The API as a caller outside sees it: HTTP with a bearer token. */

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  delete<T>(path: string, body: object): Promise<T>;
}

/** An answer that is no success; the message carries the API's own reason. */
export class ApiError extends Error {
  override name = 'ApiError';
}

async function answerOf<T>(request: string, response: Response): Promise<T> {
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body as T;
  const { title = '', detail = '', correlationId = '' } = body as Record<string, string>;
  throw new ApiError(
    [`${request} answered ${response.status}`, title, detail, correlationId]
      .filter(Boolean)
      .join(': '),
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
