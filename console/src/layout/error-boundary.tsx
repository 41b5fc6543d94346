import { Component, type ReactNode } from 'react';
import { ProblemBox } from '../design/problem-box.tsx';

/** A defect of one page is told there and leaves the rest of the console in working order. */
export class ErrorBoundary extends Component<
  { readonly children: ReactNode },
  { readonly error: Error | null }
> {
  override state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { readonly error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="page">
        <ProblemBox error={error} retry={() => window.location.reload()} />
      </div>
    );
  }
}
