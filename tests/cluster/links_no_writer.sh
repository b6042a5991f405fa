#!/bin/sh
# What the webhook does not link it cannot do: no code that writes an object, an Event or a Lease.
#   links_no_writer.sh FOLDER-OF-THE-PROGRAMS
writers='plimsoll::kube::(ObjectWriter|EventRecorder|LeaderElector)::'
count() { nm -C "$1" | grep -cE "$writers"; }
# The names are right: the controller has them.
[ "$(count "$1/plimsoll-controller")" -gt 0 ] || { echo "the controller shows no writer: is it stripped?"; exit 1; }
found=$(count "$1/plimsoll-webhook")
[ "$found" -eq 0 ] || { echo "the webhook links $found functions that write"; exit 1; }
