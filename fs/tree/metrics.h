// /.metrics: what the daemon and each slot count, in the text format of Prometheus.
#pragma once

#include "fs/tree/tree.h"

#include <functional>
#include <string>

namespace mailslot {

// `more` adds metrics that the tree cannot know (transport, network), in the same format.
void add_metrics(tree& to, std::function<std::string()> more);

std::string metrics_text(const tree& of, moment now);

// `value` with what a label of Prometheus must have escaped.
std::string escaped_label(std::string_view value);

}  // namespace mailslot
