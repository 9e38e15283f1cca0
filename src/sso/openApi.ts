/** The routes on single sign-on in the OpenAPI document. */

import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import {
  body,
  json,
  optionalBody,
  organizationPath,
  problems,
  read,
} from '#kernel/http/openApiParts.ts';
import { SSO_CALLBACK_PATH, SSO_TEST_PATH } from './contract.ts';
import * as schemas from './schemas.ts';

const tokenPath = { path: z.object({ token: schemas.testToken }) };

const organizationPaths = (): ZodOpenApiPathsObject => ({
  '/api/v1/organizations/{organizationId}/sso': {
    post: {
      operationId: 'configureSso',
      summary: 'Configure single sign-on',
      description:
        "The run mails the link of a test to the caller and the organization's admins, and activates single sign-on when the test has passed.",
      requestParams: organizationPath,
      requestBody: body(schemas.ssoBody),
      responses: {
        202: json('Accepted and started', schemas.ssoAccepted),
        ...problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
      },
    },
    get: read('getSso', 'How single sign-on stands', organizationPath, schemas.ssoStatus),
    delete: {
      operationId: 'deactivateSso',
      summary: 'Switch single sign-on off, or cancel its configuration',
      requestParams: organizationPath,
      requestBody: optionalBody(schemas.ssoDeactivationBody),
      responses: {
        202: json('Deactivation started, or configuration being cancelled', schemas.ssoAccepted),
        ...problems(400, 401, 403, 404, 409, 413, 415, 503),
      },
    },
  },
});

const testPaths = (): ZodOpenApiPathsObject => ({
  [`${SSO_TEST_PATH}/{token}`]: {
    get: {
      operationId: 'beginSsoTest',
      summary: 'Go to the identity provider, by the link of a test',
      requestParams: tokenPath,
      responses: {
        200: {
          description: 'A page that posts the request to the identity provider',
          content: { 'text/html': { schema: z.string() } },
        },
        302: { description: 'To the identity provider, with the request' },
        ...problems(404, 409, 429, 503),
      },
    },
  },
  [SSO_CALLBACK_PATH]: {
    post: {
      operationId: 'endSsoTest',
      summary: 'Assertion consumer of the test: the identity provider has the browser post here',
      requestBody: {
        required: true,
        content: { 'application/x-www-form-urlencoded': { schema: schemas.callbackForm } },
      },
      responses: {
        202: json('The response has passed', schemas.testVerdict),
        ...problems(400, 404, 409, 413, 415, 422, 429, 503),
      },
    },
  },
});

export const ssoPaths = (): ZodOpenApiPathsObject => ({ ...organizationPaths(), ...testPaths() });
