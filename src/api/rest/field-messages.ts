import { needsQuotes, type Problem } from '../../resources/field-errors.ts';
import type { ManifestError } from '../../resources/manifest-error.ts';

/** What is wrong with one field, as a Spanish sentence without a full stop. */
export function fieldSentence(field: string, problem: Problem): string {
  if (problem.kind === 'required') return `Falta el campo ${field}`;
  if (problem.kind === 'unknown-field') return `El campo ${field} no existe`;
  return `El campo ${field} ${fieldText(problem)}`;
}

/** What is wrong with one document of a manifest, as a Spanish sentence without a full stop. */
export function manifestSentence({ field, problem, column }: ManifestError): string {
  switch (problem.kind) {
    case 'json-syntax':
      return `El texto no es JSON válido a partir de la columna ${column}`;
    case 'tab':
      return `Hay un tabulador en la columna ${column}: YAML exige espacios`;
    case 'duplicate-key':
      return `La misma clave aparece dos veces (columna ${column})`;
    case 'aliases':
      return 'Hay alias de YAML que no existen o son demasiados';
    case 'too-deep':
      return 'Hay demasiados niveles de anidamiento';
    case 'too-wide':
      return 'Hay demasiados elementos en una sola lista u objeto; divida el archivo';
    case 'too-long':
    case 'too-many-documents':
      return 'Hay demasiados documentos o elementos (el máximo es de 1000 documentos); divida el archivo';
    case 'syntax':
      return `El texto no es YAML válido en la columna ${column} (${problem.detail})`;
    case 'too-large':
      return `El contenido supera ${problem.limit} caracteres; divídalo`;
    case 'wrong-name':
      return `El campo ${field} debe ser "${problem.expected}", el nombre de este número; puede omitirse`;
    case 'declared-twice':
      return `${problem.name} ya aparece en el documento ${problem.firstDocument}`;
    default:
      return field === undefined
        ? `El documento ${fieldText(problem)}`
        : fieldSentence(field, problem);
  }
}

function fieldText(problem: Problem): string {
  switch (problem.kind) {
    case 'required':
      return 'es obligatorio';
    case 'unknown-field':
      return 'no existe';
    case 'wrong-type': {
      const expected = problem.expected.map((type) => TYPES[type]).join(' o ');
      const hint = needsQuotes(problem) ? ': escríbalo entre comillas' : '';
      return `debe ser ${expected}, pero se recibió ${TYPES[problem.given]}${hint}`;
    }
    case 'not-one-of': {
      const allowed = problem.allowed.map((one) => `"${one}"`).join(', ');
      return `debe ser ${problem.allowed.length > 1 ? 'uno de: ' : ''}${allowed}`;
    }
    case 'too-big':
    case 'too-small': {
      const bound = problem.kind === 'too-big' ? 'como máximo' : 'como mínimo';
      return problem.of === 'value'
        ? `debe ser ${bound} ${problem.limit}`
        : `debe tener ${bound} ${problem.limit} ${problem.of === 'characters' ? 'caracteres' : 'elementos'}`;
    }
    case 'rule':
      return RULES[problem.rule] ?? `no es válido: ${problem.rule}`;
  }
}

const TYPES = {
  string: 'un texto',
  number: 'un número',
  integer: 'un número entero',
  boolean: 'true o false',
  object: 'un objeto',
  array: 'una lista',
  null: 'null',
} as const;

const NAME =
  'letras minúsculas, dígitos, "-" y ".", comenzando y terminando con letra o dígito, con 63 caracteres como máximo entre puntos';

/** The rules of the resources, by their English words. */
const RULES: Readonly<Record<string, string>> = {
  'must be a phone number of 7 to 15 digits with its country code, like 573332221111; a leading "+" and spaces are allowed':
    'debe ser un número de teléfono de 7 a 15 dígitos con su código de país, como "573332221111"; se aceptan un "+" inicial y espacios',
  'must be an RFC 1123 name: lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit': `debe ser un nombre RFC 1123: ${NAME}`,
  'must be a host name: letters, digits, "-" and ".", beginning and ending with a letter or digit, at most 63 characters between dots':
    'debe ser un nombre de host: letras, dígitos, "-" y ".", comenzando y terminando con letra o dígito, con 63 caracteres como máximo entre puntos',
  'must be a label key: an optional DNS prefix and "/", then up to 63 letters, digits, "-", "_" or "."':
    'debe ser una clave de etiqueta: un prefijo DNS y "/" opcionales y hasta 63 letras, dígitos, "-", "_" o "."',
  'must be empty or up to 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit':
    'debe estar vacío o tener hasta 63 letras, dígitos, "-", "_" o ".", comenzando y terminando con letra o dígito',
  'must be the name of an environment variable: letters, digits and "_", not beginning with a digit':
    'debe ser el nombre de una variable de entorno: letras, dígitos y "_", sin comenzar con un dígito',
  'must not hold a NUL character': 'no debe contener un carácter NUL',
  'must be 1 to 255 letters, digits, "_", ":" or "-"':
    'debe tener de 1 a 255 letras, dígitos, "_", ":" o "-"',
  'must be a DigitalOcean slug, like sfo3 or s-1vcpu-512mb-10gb':
    'debe ser un identificador de DigitalOcean, como sfo3 o s-1vcpu-512mb-10gb',
  'must be an absolute path of letters, digits, ".", "_", "@", "+" and "-", without ".."':
    'debe ser una ruta absoluta de letras, dígitos, ".", "_", "@", "+" y "-", sin ".."',
  'must be a Unix user name': 'debe ser un nombre de usuario de Unix',
  'must be an octal mode in quotes, like "0644"':
    'debe ser un modo octal entre comillas, como "0644"',
  'must be the name of a systemd service, like clientfy-bot.service':
    'debe ser el nombre de un servicio de systemd, como clientfy-bot.service',
  'must be a URL path beginning with "/"': 'debe ser una ruta de URL que comience con "/"',
  'must be a UUID': 'debe ser un UUID',
  'must be a time as RFC 3339 has it, like 2026-01-31T12:00:00Z':
    'debe ser una fecha RFC 3339, como 2026-01-31T12:00:00Z',
};
