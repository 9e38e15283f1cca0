/** Makes zod schemas of the shapes that workflows check too, so that each rule stands once. */
import { z } from 'zod';
import type { Leaf, Shape } from '#kernel/input/shape.ts';

const leafSchema = ({ json, check }: Leaf<unknown>): z.ZodType => {
  const { type: _type, ...hints } = json;
  return z
    .string()
    .meta(hints)
    .transform((typed, context) => {
      const checked = check(typed);
      if ('value' in checked) return checked.value;
      context.addIssue({ code: 'custom', message: checked.problem });
      return z.NEVER;
    });
};

function anySchema(shape: Shape<unknown>): z.ZodType {
  switch (shape.kind) {
    case 'leaf':
      return leafSchema(shape);
    case 'optional':
      return anySchema(shape.of).optional();
    case 'list':
      return z.array(anySchema(shape.of)).min(shape.min).max(shape.max);
    case 'fields':
      return z.strictObject(
        Object.fromEntries(
          Object.entries(shape.of).map(([key, of]) => [key, anySchema(of as Shape<unknown>)]),
        ),
      );
    case 'refined':
      return anySchema(shape.of).superRefine((value, context) => {
        const issue = shape.refine(value);
        if (issue) context.addIssue({ code: 'custom', ...issue });
      });
  }
}

/** The schema of a request's field or body; unlike a workflow's input, it refuses unknown keys. */
export const schemaOf = <T>(shape: Shape<T>): z.ZodType<T> => anySchema(shape) as z.ZodType<T>;
