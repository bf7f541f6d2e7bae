/** Whether a text is JSON once its placeholders are filled. */
export function isTemplate(json: string): boolean {
  try {
    JSON.parse(json.replaceAll('{{id}}', 'id').replaceAll('{{index}}', '0'));
    return true;
  } catch {
    return false;
  }
}
