"""The first configuration, which ``reconciler init`` writes: small and meant to be edited."""

from __future__ import annotations

SCHEMA_URL = "https://json.schemastore.org/callrail-reconciler.json"
"""The ``$id`` of the configuration's schema, from where editors fetch it.

SchemaStore is the catalog that they ask; nobody but its maintainers can put a file there.
"""
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_URL}"
"""What makes an editor complete and explain the file; a comment to everybody else."""

TEMPLATE = f"""\
{SCHEMA_LINE}
# Which call tags CallRail should have. Check it:  reconciler validate
# See what would change:  reconciler plan     Do it:  reconciler apply
#
# Removing a block from `tags` means "forget", never "delete": what should go is
# declared `state: absent`.
version: 1

accounts:
  # A short name of your own (here: main), used below, in flags and in output.
  main:
    # `reconciler get accounts` lists the ids; this one is a placeholder.
    id: ACC00000000000000000000000000000000
    # Live tags that nobody declared here are kept. `disable` and `delete` are for later.
    unmanaged: keep
    # Names that nothing may delete, disable or rename away, whatever else is written.
    # protect: ["Lead *"]
    # How much one plan may take away here; these are the defaults, raise them where it is meant.
    # limits: {{deletes: 5, disables: 20, delete_percent: 25, interactions: 100, flows: 0}}

tags:
  # One tag that every company of the account sees.
  - name: Appointment booked
    color: green1

  # A tag of its own in every active company. Lists work too: ids, names, patterns.
  # - name: New patient
  #   companies: all
  #   except: ["* Test"]
  #   color: blue1

  # A new name for a live tag; its calls, forms and texts keep it. Of several old names the first
  # that is live is renamed.
  # - name: Opportunity
  #   renamed_from: [Oppty]

  # Out of use where it is live; its calls, forms and texts keep it.
  # - name: Summer campaign
  #   state: disabled

  # No longer wanted: to the trash where anything uses it, so that its calls, forms and texts keep
  # it; deleted where certainly nothing does, by `apply --allow-deletes` only. That needs a note.
  # - name: Test tag
  #   state: absent
  #   note: Made by mistake in May; nobody used it.
"""
