/** A heading that takes the focus once, when the page says so: whoever pressed a button goes on there. */
import { useEffect, useRef, type RefObject } from 'react';

export function useFocusedHeading(
  focused: boolean,
  onFocused: () => void,
): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!focused) return;
    heading.current?.focus();
    onFocused();
  }, [focused, onFocused]);
  return heading;
}
