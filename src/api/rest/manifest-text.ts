import type { ManifestFault } from '../../resources/manifest-error.ts';
import { fieldText } from './field-text.ts';

/** A Spanish sentence, without a full stop and without the place, on what is wrong with a manifest. */
export function manifestText({ path, problem, column }: ManifestFault): string {
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
      return `El campo metadata.name debe ser "${problem.expected}", según su número; puede omitirse`;
    case 'declared-twice':
      return `Declara otra vez ${problem.name}, que ya está en el documento ${problem.firstDocument}`;
    default:
      return fieldText({ path, problem });
  }
}
