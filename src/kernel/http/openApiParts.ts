/** Common parts of the operations in the OpenAPI document. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { PROBLEM_MEDIA_TYPE } from './problems.ts';
import * as schemas from './schemas.ts';

export const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

const PROBLEMS: Record<number, string> = {
  400: 'The request is not valid',
  401: 'No valid bearer token',
  403: 'A permission is missing',
  404: 'There is no such thing, or it is not yours',
  409: 'The state does not allow it',
  410: 'It is over',
  413: 'The body is too large',
  415: 'The body is not application/json',
  429: 'Too many requests; Retry-After tells when',
  422: 'The request contradicts what is there',
  503: 'Not now; Retry-After tells when',
};

export const problems = (...statuses: number[]): ZodOpenApiResponsesObject =>
  Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: PROBLEMS[status]!,
        content: { [PROBLEM_MEDIA_TYPE]: { schema: schemas.problem } },
      },
    ]),
  ) as ZodOpenApiResponsesObject;

export const path = (name: string, schema: z.ZodType) => ({ path: z.object({ [name]: schema }) });
export const organizationPath = path('organizationId', schemas.organizationId);
export const body = (schema: z.ZodType) => ({
  required: true,
  content: { 'application/json': { schema } },
});
/** A body that may be left out. */
export const optionalBody = (schema: z.ZodType) => ({ ...body(schema), required: false });

export const read = (
  operationId: string,
  summary: string,
  requestParams: ZodOpenApiOperationObject['requestParams'],
  schema: z.ZodType,
): ZodOpenApiOperationObject => ({
  operationId,
  summary,
  ...(requestParams && { requestParams }),
  responses: { 200: json(summary, schema), ...problems(400, 401, 403, 404, 503) },
});
