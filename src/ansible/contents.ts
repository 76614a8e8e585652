import license from '../../LICENSE?raw';
import changelog from '../../templates/ansible/CHANGELOG.md?raw';
import readme from '../../templates/ansible/README.md?raw';
import runtime from '../../templates/ansible/meta/runtime.yml?raw';
import playTool from '../../templates/ansible/playbooks/bring_tool.yml?raw';
import playInstall from '../../templates/ansible/playbooks/install.yml?raw';
import playPublish from '../../templates/ansible/playbooks/publish_index.yml?raw';
import playUpdate from '../../templates/ansible/playbooks/update.yml?raw';
import fragment from '../../templates/ansible/plugins/doc_fragments/common.py?raw';
import shared from '../../templates/ansible/plugins/module_utils/airgap.py?raw';
import config from '../../templates/ansible/plugins/modules/airgap_config.py?raw';
import facts from '../../templates/ansible/plugins/modules/airgap_facts.py?raw';
import index from '../../templates/ansible/plugins/modules/airgap_index.py?raw';
import install from '../../templates/ansible/plugins/modules/airgap_install.py?raw';
import kit from '../../templates/ansible/plugins/modules/airgap_kit.py?raw';
import update from '../../templates/ansible/plugins/modules/airgap_update.py?raw';
import roleReadme from '../../templates/ansible/roles/server/README.md?raw';
import roleDefaults from '../../templates/ansible/roles/server/defaults/main.yml?raw';
import roleSpecs from '../../templates/ansible/roles/server/meta/argument_specs.yml?raw';
import roleMeta from '../../templates/ansible/roles/server/meta/main.yml?raw';
import roleBring from '../../templates/ansible/roles/server/tasks/bring.yml?raw';
import roleChange from '../../templates/ansible/roles/server/tasks/change.yml?raw';
import roleTasks from '../../templates/ansible/roles/server/tasks/main.yml?raw';
import roleRelease from '../../templates/ansible/roles/server/tasks/release.yml?raw';
import roleTool from '../../templates/ansible/roles/server/tasks/tool.yml?raw';
import roleVars from '../../templates/ansible/roles/server/vars/main.yml?raw';
import testConfig from '../../templates/ansible/tests/config.yml?raw';
import ignore214 from '../../templates/ansible/tests/sanity/ignore-2.14.txt?raw';

/** Whole files of the collection, by their path in it: all of templates/ansible, and the licence. */
export const CONTENTS: ReadonlyMap<string, string> = new Map([
  ['CHANGELOG.md', changelog],
  ['LICENSE', license],
  ['README.md', readme],
  ['meta/runtime.yml', runtime],
  ['playbooks/bring_tool.yml', playTool],
  ['playbooks/install.yml', playInstall],
  ['playbooks/publish_index.yml', playPublish],
  ['playbooks/update.yml', playUpdate],
  ['plugins/doc_fragments/common.py', fragment],
  ['plugins/module_utils/airgap.py', shared],
  ['plugins/modules/airgap_config.py', config],
  ['plugins/modules/airgap_facts.py', facts],
  ['plugins/modules/airgap_index.py', index],
  ['plugins/modules/airgap_install.py', install],
  ['plugins/modules/airgap_kit.py', kit],
  ['plugins/modules/airgap_update.py', update],
  ['roles/server/README.md', roleReadme],
  ['roles/server/defaults/main.yml', roleDefaults],
  ['roles/server/meta/argument_specs.yml', roleSpecs],
  ['roles/server/meta/main.yml', roleMeta],
  ['roles/server/tasks/bring.yml', roleBring],
  ['roles/server/tasks/change.yml', roleChange],
  ['roles/server/tasks/main.yml', roleTasks],
  ['roles/server/tasks/release.yml', roleRelease],
  ['roles/server/tasks/tool.yml', roleTool],
  ['roles/server/vars/main.yml', roleVars],
  ['tests/config.yml', testConfig],
  ['tests/sanity/ignore-2.14.txt', ignore214],
]);
