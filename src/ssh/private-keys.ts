/** RFC 7468: what stands between the lines that begin and end with the same label, that of a key; beside it may stand its curve or a certificate. */
const PEM = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/g;

/**
 * The private keys in a file's text, in their order: new droplets take the first, and with the others those are logged in to that were
 * made before. What is no key is given back as it is, for whoever reads it to refuse. Pure.
 */
export const privateKeysIn = (text: string): readonly string[] => {
  const keys = [...text.matchAll(PEM)].map(([key]) => `${key}\n`);
  return keys.length > 0 ? keys : [text];
};
