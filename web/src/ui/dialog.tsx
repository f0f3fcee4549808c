import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

/** A modal question. The browser keeps the focus in it, and gives it back afterwards; Escape closes it. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // As it is taken away, not after: one that is gone no longer gives the focus back.
  useLayoutEffect(() => {
    const element = box.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={box}
      class="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        // The browser would tell of the closing only later, when a key pressed since then may have asked anew.
        event.preventDefault();
        props.onClose();
      }}
      onClose={(event) => {
        // One that was taken away is told of its closing, too; by then there may be another.
        if (event.currentTarget.isConnected) props.onClose();
      }}
    >
      <h2 id={titleId}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}
