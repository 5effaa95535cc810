/** Class of the inspector's outermost element: every rule of inspector.css is below it. */
export const INSPECTOR_CLASS = 'countersign-inspector';
