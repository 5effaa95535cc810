/**
 * The inspector of the supply chain's pages as a component for others (docs/middleware.md, "Inspector"). Its style sheet is `countersign/inspector.css`, to be
 * imported by whoever mounts it.
 */
export type { InspectorAbout, InspectorSource } from '../ui/inspector/source.ts';
export { Inspector, type InspectorProps } from './Inspector.tsx';
