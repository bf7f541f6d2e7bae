/**
 * What the scripts of all pages do. Everything is readable without it: it adds a crosshair that all charts over time share,
 * and buttons that copy. It inserts texts as text only.
 */
const COMMON = `
function watchTimeline(article) {
  const source = article.querySelector('script.timeline');
  if (!source) return;
  const { widthMs, endMs, columns, rows } = JSON.parse(source.textContent);
  const plots = [...article.querySelectorAll('[data-timeline]')];
  const clear = () => article.querySelectorAll('.cursor,.tip').forEach((one) => one.remove());
  const add = (plot, className) => {
    const element = document.createElement('div');
    element.className = className;
    plot.append(element);
    return element;
  };
  const show = (plot, share) => {
    clear();
    const at = share * endMs - widthMs / 2;
    let row = rows[0];
    for (const one of rows) if (Math.abs(one[0] - at) < Math.abs(row[0] - at)) row = one;
    const left = ((row[0] + widthMs / 2) / endMs) * 100;
    for (const one of plots) add(one, 'cursor').style.left = left + '%';
    const tip = add(plot, 'tip');
    const seconds = Math.round(row[0] / 1000);
    const texts = [Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0')];
    columns.forEach((name, i) => texts.push(name + ' ' + row[i + 1]));
    for (const text of texts) {
      const line = document.createElement('div');
      line.textContent = text;
      tip.append(line);
    }
    if (left > 60) tip.style.right = 100 - left + 1 + '%';
    else tip.style.left = left + 1 + '%';
  };
  for (const plot of plots) {
    plot.addEventListener('pointermove', (event) => {
      const box = plot.getBoundingClientRect();
      show(plot, Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)));
    });
    plot.addEventListener('pointerleave', clear);
  }
}
function addCopyButton(pre) {
  if (!navigator.clipboard || pre.querySelector('button')) return;
  const button = document.createElement('button');
  const text = pre.textContent;
  button.textContent = 'Copy';
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(text).then(() => (button.textContent = 'Copied'), () => (button.textContent = 'Select the text'));
  });
  pre.append(button);
}
function enliven(root) {
  root.querySelectorAll('pre.copy').forEach(addCopyButton);
}
`;

export const SCRIPT = `${COMMON}
document.querySelectorAll('article.result').forEach(watchTimeline);
enliven(document);
`;

/**
 * The script of the live page. It replaces the parts of the page that have changed; the server has escaped what they
 * contain, and the policy of the page allows no other script. Sections that a reader has opened stay open.
 */
export const LIVE_SCRIPT = `${COMMON}
const article = document.querySelector('article.result');
const connection = document.getElementById('connection');
const shown = [];
let isFinal = false;
function replace(slot, html) {
  const open = [...slot.querySelectorAll('details')].map((one) => one.open);
  slot.innerHTML = html;
  slot.querySelectorAll('details').forEach((one, i) => { if (open[i]) one.open = true; });
  enliven(slot);
  watchTimeline(slot);
}
function show(content) {
  document.title = content.title;
  while (article.children.length > content.parts.length) article.lastElementChild.remove();
  content.parts.forEach((html, i) => {
    if (shown[i] === html) return;
    shown[i] = html;
    let slot = article.children[i];
    if (!slot) {
      slot = document.createElement('div');
      slot.className = 'part';
      article.append(slot);
    }
    replace(slot, html);
  });
  shown.length = content.parts.length;
}
const events = new EventSource('events');
events.addEventListener('page', (event) => {
  const content = JSON.parse(event.data);
  isFinal = content.isFinal;
  show(content);
  connection.textContent = isFinal ? '' : 'Live: updated ' + new Date().toLocaleTimeString();
  connection.className = '';
  if (isFinal) events.close();
});
events.onerror = () => {
  if (isFinal) return;
  connection.textContent = 'The command that serves this page does not answer. The page waits for it.';
  connection.className = 'waiting';
};
`;
