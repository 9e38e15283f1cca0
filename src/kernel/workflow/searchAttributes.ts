/** Search attributes of a run, for the children that it starts. */
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type TypedSearchAttributes,
} from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTE } from './names.ts';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const ORG_ID = keyword(SEARCH_ATTRIBUTE.orgId);
const INHERITED = [keyword(SEARCH_ATTRIBUTE.userId), keyword(SEARCH_ATTRIBUTE.correlationId)];

/** Organization, requester and correlation id, as far as this run has them. */
export function inheritedSearchAttributes(orgId: string) {
  const own: TypedSearchAttributes = workflowInfo().typedSearchAttributes;
  return [
    { key: ORG_ID, value: orgId },
    ...INHERITED.flatMap((key) => {
      const value = own.get(key);
      return value === undefined ? [] : [{ key, value }];
    }),
  ];
}
