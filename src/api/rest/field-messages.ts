import { fieldName, needsQuotes, type Problem } from '../../resources/field-errors.ts';
import type { ManifestFault } from '../../resources/manifest-error.ts';

type TypeName = Extract<Problem, { kind: 'wrong-type' }>['given'];

/** What is wrong with one field, as a Spanish sentence without a full stop. */
export function fieldSentence(field: string, problem: Problem): string {
  if (problem.kind === 'required') return `Falta el campo ${field}`;
  return `El campo ${field} ${fieldText(problem)}`;
}

/** The same for a parameter of a query. */
export const parameterSentence = (name: string, problem: Problem): string =>
  `El parámetro ${name} ${fieldText(problem)}`;

/** What is wrong with one document of a manifest, as a Spanish sentence without its place and without a full stop. */
export function manifestSentence({ path, problem, column }: ManifestFault): string {
  const field = fieldName(path);
  switch (problem.kind) {
    case 'json-syntax':
      return `No es JSON válido a partir de la columna ${column}`;
    case 'tab':
      return `Hay un tabulador en la columna ${column}: YAML se sangra con espacios`;
    case 'duplicate-key':
      return `La misma clave aparece dos veces en un objeto (columna ${column})`;
    case 'aliases':
      return 'Usa alias que no existen o demasiados alias: escriba los valores';
    case 'too-deep':
      return `Está anidado en demasiados niveles (columna ${column})`;
    case 'too-wide':
      return 'Una lista o un objeto tiene demasiados elementos: divida el texto';
    case 'too-long':
      return 'El texto tiene demasiadas palabras y signos: divídalo';
    case 'too-many-documents':
      return 'El texto tiene demasiados documentos: divídalo';
    case 'syntax':
      return `No es YAML válido en la columna ${column}: ${problem.detail}`;
    case 'too-large':
      return `Tiene más de ${problem.limit} caracteres: divida el texto`;
    case 'wrong-name':
      return `El campo ${field} debe ser "${problem.expected}", según su número; puede omitirse`;
    case 'declared-twice':
      return `Declara otra vez ${problem.name}, que ya está en el documento ${problem.firstDocument}`;
    case 'required':
    case 'unknown-field':
    case 'wrong-type':
    case 'not-one-of':
    case 'too-big':
    case 'too-small':
    case 'rule':
      return path.length === 0
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
      const wanted = problem.expected.map((type) => TYPES[type]).join(' o ');
      const advice = needsQuotes(problem) ? ': póngalo entre comillas' : '';
      return `debe ser ${wanted}, no ${TYPES[problem.given]}${advice}`;
    }
    case 'not-one-of':
      return problem.allowed.length === 1
        ? `debe ser ${problem.allowed[0]}`
        : `debe ser uno de: ${problem.allowed.join(', ')}`;
    case 'too-big':
    case 'too-small': {
      const bound = problem.kind === 'too-big' ? 'como máximo' : 'como mínimo';
      const unit = { characters: ' caracteres', entries: ' elementos', value: '' }[problem.of];
      return `debe ${problem.of === 'value' ? 'ser' : 'tener'} ${bound} ${problem.limit}${unit}`;
    }
    case 'rule':
      return RULES[problem.rule] ?? `no cumple su regla: ${problem.rule}`;
  }
}

const TYPES: Readonly<Record<TypeName, string>> = {
  string: 'un texto',
  number: 'un número',
  integer: 'un número entero',
  boolean: 'un booleano (true o false)',
  object: 'un objeto',
  array: 'una lista',
  null: 'null',
};

/** The rules of the schemas, which tell them in English. One that is not here is told as it stands. */
const RULES: Readonly<Record<string, string>> = {
  'must be a phone number of 7 to 15 digits with its country code, like 573332221111; a leading "+" and spaces are allowed':
    'debe ser un número de teléfono de 7 a 15 dígitos con su código de país, como "573332221111"; se aceptan un "+" inicial y espacios',
  'must be an RFC 1123 name: lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit':
    'debe ser un nombre RFC 1123: letras minúsculas, dígitos, "-" y ".", comenzando y terminando con letra o dígito, con un máximo de 63 caracteres entre puntos',
  'must be a host name: letters, digits, "-" and ".", beginning and ending with a letter or digit, at most 63 characters between dots':
    'debe ser un nombre de host: letras, dígitos, "-" y ".", comenzando y terminando con letra o dígito, con un máximo de 63 caracteres entre puntos',
  'must be a label key: an optional DNS prefix and "/", then up to 63 letters, digits, "-", "_" or "."':
    'debe tener una clave de etiqueta válida: un prefijo DNS y "/" opcionales, y luego hasta 63 letras, dígitos, "-", "_" o "."',
  'must be empty or up to 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit':
    'debe estar vacío o tener hasta 63 letras, dígitos, "-", "_" o ".", comenzando y terminando con letra o dígito',
  'must be the name of an environment variable: letters, digits and "_", not beginning with a digit':
    'debe tener el nombre de una variable de entorno: letras, dígitos y "_", sin comenzar con un dígito',
  'must not hold a NUL character': 'no debe contener un carácter NUL',
  'must be 1 to 255 letters, digits, "_", ":" or "-"':
    'debe tener de 1 a 255 letras, dígitos, "_", ":" o "-"',
  "must not be one of Orquesta's own: orquesta, orquesta-cluster:, orquesta-uid: or orquesta-pool:":
    'no debe ser una de las de Orquesta: orquesta, orquesta-cluster:, orquesta-uid: u orquesta-pool:',
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
  'must be a number of bytes': 'debe ser una cantidad de bytes',
  'must be a whole number of 1 to 1000': 'debe ser un número entero de 1 a 1000',
  'must be a UUID': 'debe ser un UUID',
  'must be a time as RFC 3339 has it, like 2026-01-31T12:00:00Z':
    'debe ser una fecha y hora RFC 3339, como 2026-01-31T12:00:00Z',
};
