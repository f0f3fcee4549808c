import type { ComponentChildren } from 'preact';
import { messages } from '../i18n/index.ts';
import { Icon, type IconName } from './icons.tsx';
import { sentenceOf } from './sentence-of.ts';

/** What stands in place of a content that is not there: nothing to show, or a failure and a way on. */
export function Placeholder(props: {
  readonly icon?: IconName;
  readonly title: string;
  readonly text?: string | undefined;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="placeholder">
      {props.icon && <Icon name={props.icon} />}
      <p class="placeholder-title">{props.title}</p>
      {props.text && <p class="placeholder-text">{props.text}</p>}
      {props.children}
    </div>
  );
}

export function Failure(props: {
  readonly title: string;
  readonly error: Error;
  readonly onRetry: () => void;
}) {
  return (
    <div role="alert">
      <Placeholder icon="warning" title={props.title} text={sentenceOf(props.error)}>
        <button type="button" class="button" onClick={props.onRetry}>
          {messages.value.common.retry}
        </button>
      </Placeholder>
    </div>
  );
}

/** Grey lines in the shape of what is being loaded. */
export function Skeleton({ lines }: { readonly lines: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">{messages.value.common.loading}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="skeleton-line" />
      ))}
    </div>
  );
}

export function Banner(props: {
  readonly tone: 'warning' | 'danger' | 'neutral';
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class={`banner banner-${props.tone}`} role="status">
      <Icon name="warning" />
      <div class="banner-body">
        <strong>{props.title}</strong>
        {props.children}
      </div>
    </div>
  );
}
