import type { Template } from '../../../domain/template.ts';
import { storedParameters } from '../validation/bag.ts';
import { derivedId } from './derived-id.ts';

/** The one group of DescribeApplicationGroups. `running`: instances that run now. */
export function describedGroup(template: Template, running: number): Record<string, unknown> {
  const bag = storedParameters(template.document);
  return {
    GroupId: derivedId(template.id) ?? '',
    GroupName: '_DEFAULT_GROUP',
    GroupType: 0,
    PackageType: bag['PackageType'] ?? '',
    PackageUrl: bag['PackageUrl'] ?? '',
    PackageVersion: bag['PackageVersion'] ?? '',
    // Packages of a version are not numbered here; the revision tells definitions apart.
    PackageVersionId: String(template.revision),
    ImageUrl: bag['ImageUrl'] ?? '',
    Jdk: bag['Jdk'] ?? '',
    WebContainer: bag['WebContainer'] ?? '',
    EdasContainerVersion: bag['EdasContainerVersion'] ?? '',
    Replicas: template.spec.replicas,
    RunningInstances: running,
  };
}
