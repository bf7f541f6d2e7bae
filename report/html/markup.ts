/** Text that is already HTML. */
export class Markup {
  constructor(readonly text: string) {}
}

type Child = Markup | string | number | undefined | false | readonly Child[];

/** Builds HTML; line breaks in the template are spaces. Every interpolated string is escaped; only {@link Markup} is inserted as it is. */
export function markup(parts: TemplateStringsArray, ...children: readonly Child[]): Markup {
  const texts = parts.map((part) => part.replace(/\n\s*/g, ' '));
  return new Markup(texts.reduce((all, text, i) => all + render(children[i - 1]) + text));
}

function render(child: Child): string {
  if (child === undefined || child === false) return '';
  if (child instanceof Markup) return child.text;
  if (Array.isArray(child)) return child.map(render).join('');
  return escapeHtml(String(child as string | number));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** Returns JSON that cannot end a script element, whatever strings it contains. */
export function scriptJson(value: unknown): Markup {
  return new Markup(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}

/** A table; the first column is its row header. Columns whose cells are numbers or quantities are right-aligned by CSS. */
export function table(head: readonly string[], rows: readonly (readonly Child[])[]): Markup {
  return markup`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${head.map((cell) => markup`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...cells]) =>
            markup`<tr>
              <th scope="row">${first}</th>
              ${cells.map((cell) => markup`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A table that is closed until a reader opens it. */
export function closedTable(title: string, head: readonly string[], rows: readonly (readonly Child[])[]): Markup {
  return rows.length === 0
    ? markup``
    : markup`<details>
        <summary>${title}</summary>
        ${table(head, rows)}
      </details>`;
}

/** A section with a heading; nothing if it has no content. */
export function section(id: string, title: string, ...content: readonly (Markup | undefined)[]): Markup {
  const shown = content.filter((one): one is Markup => one !== undefined && one.text !== '');
  return shown.length === 0
    ? markup``
    : markup`<section id="${id}">
        <h2>${title}</h2>
        ${shown}
      </section>`;
}
