/** A place where files are dropped, and the button that chooses one instead: a drop needs a mouse. */
import { useState, type DragEvent, type ReactNode } from 'react';

export function DropZone({
  onDrop,
  children,
}: {
  /** What was dropped: files, or text that was dragged here (empty where there was none). */
  onDrop: (files: readonly File[], text: string) => void;
  children: ReactNode;
}): ReactNode {
  const [over, setOver] = useState(false);
  return (
    <div
      className={over ? 'drop over' : 'drop'}
      onDragOver={(event: DragEvent) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event: DragEvent) => {
        event.preventDefault();
        setOver(false);
        onDrop([...event.dataTransfer.files], event.dataTransfer.getData('text'));
      }}
    >
      {children}
    </div>
  );
}

export function FileButton({
  label,
  accept,
  onFiles,
  isMain = false,
  multiple = false,
  testId,
}: {
  label: string;
  /** Suffixes and types, as the `accept` of an input. */
  accept: string;
  onFiles: (files: readonly File[]) => void;
  isMain?: boolean;
  multiple?: boolean;
  testId?: string;
}): ReactNode {
  return (
    <label className={isMain ? 'btn main file' : 'btn file'}>
      {label}
      <input
        type="file"
        accept={accept}
        multiple={multiple}
        data-testid={testId}
        onChange={(event) => {
          // As a list of its own: the input's is empty as soon as the input is.
          onFiles([...(event.target.files ?? [])]);
          // The same file, changed on disk meanwhile, can be chosen again.
          event.target.value = '';
        }}
      />
    </label>
  );
}
