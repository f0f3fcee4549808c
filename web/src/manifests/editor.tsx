import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { ManifestProblem } from '../api/calls.ts';
import { messages } from '../i18n/index.ts';
import { indexAt, lineCount } from './text-lines.ts';

/** A text with line numbers, and what is wrong at its line. A plain textarea: it works with every keyboard and screen reader. */
export function Editor(props: {
  readonly label: string;
  readonly text: string;
  readonly placeholder?: string;
  readonly problems: readonly ManifestProblem[];
  readonly onInput: (text: string) => void;
  readonly onApply: () => void;
  readonly isReadOnly?: boolean;
}) {
  const { text, problems } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const scrolledPx = useSignal(0);
  const lines = text.split('\n');
  const isBad = new Set(problems.map(({ line }) => line));
  const wanted = messages.value.manifests;

  const goTo = ({ line, column }: ManifestProblem) => {
    const element = area.current;
    if (!element) return;
    const at = indexAt(text, line, column);
    const end = text.indexOf('\n', at);
    element.focus();
    element.setSelectionRange(at, end === -1 ? text.length : end);
  };

  return (
    <div class="editor-box">
      <div class="editor">
        <div class="editor-gutter" aria-hidden="true">
          {lines.map((_, index) => (
            <span key={index} class={isBad.has(index + 1) ? 'is-bad' : ''}>
              {index + 1}
            </span>
          ))}
        </div>
        <div class="editor-main">
          <div class="editor-marks" aria-hidden="true">
            {firstOfEachLine(problems).map(({ line, message }) => (
              <div
                key={line}
                class="editor-mark"
                style={{ top: `calc(${line - 1} * var(--line))` }}
              >
                <span
                  style={{
                    left: `calc(${(lines[line - 1] ?? '').length + 3}ch - ${scrolledPx.value}px)`,
                  }}
                >
                  {message}
                </span>
              </div>
            ))}
          </div>
          <textarea
            ref={area}
            class="editor-text"
            aria-label={props.label}
            aria-invalid={problems.length > 0}
            aria-keyshortcuts="Control+Enter"
            lang="en"
            placeholder={props.placeholder}
            wrap="off"
            spellcheck={false}
            autocapitalize="none"
            autocomplete="off"
            readOnly={props.isReadOnly ?? false}
            rows={lineCount(text)}
            value={text}
            onInput={(event) => props.onInput(event.currentTarget.value)}
            onScroll={(event) => {
              scrolledPx.value = event.currentTarget.scrollLeft;
            }}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              props.onApply();
            }}
          />
        </div>
      </div>
      {problems.length > 0 && (
        <section class="problems" aria-live="polite">
          <h3>{wanted.problems(problems.length)}</h3>
          <ul>
            {problems.map((problem) => (
              <li key={`${problem.line} ${problem.column} ${problem.message}`}>
                <button type="button" class="problem" onClick={() => goTo(problem)}>
                  <span class="problem-place">{wanted.place(problem.line, problem.column)}</span>
                  <span lang="es">{problem.message}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

const firstOfEachLine = (problems: readonly ManifestProblem[]): readonly ManifestProblem[] =>
  problems.filter(
    (problem, index) => problems.findIndex(({ line }) => line === problem.line) === index,
  );
