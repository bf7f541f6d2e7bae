/**
 * The script of the page. Everything is readable without it: it adds a crosshair that all charts over time share, and
 * buttons that copy. It inserts texts as text only.
 */
export const SCRIPT = `
for (const article of document.querySelectorAll('article.result')) {
  const source = article.querySelector('script.timeline');
  if (!source) continue;
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
for (const pre of document.querySelectorAll('pre.copy')) {
  if (!navigator.clipboard) break;
  const button = document.createElement('button');
  const text = pre.textContent;
  button.textContent = 'Copy';
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(text).then(() => (button.textContent = 'Copied'), () => (button.textContent = 'Select the text'));
  });
  pre.append(button);
}
`;
