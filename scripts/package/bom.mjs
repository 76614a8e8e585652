// The bill of materials, in CycloneDX 1.6: what the bundler has taken, and Node.
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';

const PURL = { node: (version) => `pkg:generic/node@${version}`, npm: npmUrl };

/** As JSON; the same for the same build. */
export function billOfMaterials(facts, packages, runtime) {
  const { Application, Library, Platform } = Enums.ComponentType;
  const licences = new Contrib.License.Factories.LicenseFactory();
  const licensed = (component, licence) => {
    component.licenses.add(licences.makeFromString(licence));
    return component;
  };
  const tool = new Models.Component(Application, 'sandstorm-airgap', {
    version: facts.version,
    bomRef: 'sandstorm-airgap',
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], facts.bundle]]),
  });
  const node = new Models.Component(Platform, 'node', {
    version: runtime.version,
    bomRef: PURL.node(runtime.version),
    purl: PURL.node(runtime.version),
  });
  const libraries = packages.map(({ name, version, license }) => {
    const purl = PURL.npm(name, version);
    return licensed(new Models.Component(Library, name, { version, bomRef: purl, purl }), license);
  });
  const bom = new Models.Bom({
    serialNumber: uuidOf(facts.bundle),
    metadata: new Models.Metadata({
      timestamp: new Date(facts.date),
      component: licensed(tool, 'Apache-2.0'),
    }),
  });
  for (const component of [licensed(node, 'MIT'), ...libraries]) {
    bom.components.add(component);
    tool.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function npmUrl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** A name-like number of the document, of what is in it instead of by chance (RFC 9562, version 8). */
function uuidOf(hash) {
  const [, a, b, c, d, e] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(hash);
  return `urn:uuid:${a}-${b}-8${c}-a${d}-${e}`;
}
