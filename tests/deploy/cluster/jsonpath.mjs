// kubectl's jsonpath, the part that is used here: fields, escaped dots, an index, [*], range and end, literal text.
const steps = (text) => [...text.matchAll(/\.((?:\\.|[^.[\]\\])+)|\[(\*|\d+)\]/g)].map(([, field, index]) => (field ? field.replaceAll("\\", "") : index === "*" ? "*" : Number(index)));

const values = (object, text) =>
  steps(text).reduce(
    (found, step) => found.flatMap((value) => (step === "*" ? (value ?? []) : [value?.[step]])).filter((value) => value !== undefined && value !== null),
    [object],
  );
const show = (value) => (typeof value === "object" ? JSON.stringify(value) : `${value}`);

export function jsonpath(object, template) {
  const parts = [...template.matchAll(/\{([^}]*)\}|([^{]+)/g)];
  const run = (from, until, current) => {
    let text = "";
    for (let i = from; i < until; ++i) {
      const [, expression, literal] = parts[i];
      if (literal !== undefined) text += literal;
      else if (expression.startsWith('"')) text += JSON.parse(expression);
      else if (expression.startsWith("range ")) {
        const end = parts.findIndex((part, index) => index > i && part[1] === "end");
        for (const value of values(current, expression.slice(6))) text += run(i + 1, end, value);
        i = end;
      } else text += values(current, expression).map(show).join(" ");
    }
    return text;
  };
  return run(0, parts.length, object);
}
