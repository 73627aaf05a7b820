//! What orders to a model are made of.

/// Words that follow each other with at most so many others between them; each step is a choice of words.
pub(super) struct Phrase {
    pub(super) steps: &'static [&'static [&'static str]],
    pub(super) gap: usize,
    /// Whether it is an order even where code only passes it on, as a prompt for another model.
    pub(super) is_grave: bool,
}

const fn grave(gap: usize, steps: &'static [&'static [&'static str]]) -> Phrase {
    Phrase { steps, gap, is_grave: true }
}

const fn pushy(gap: usize, steps: &'static [&'static [&'static str]]) -> Phrase {
    Phrase { steps, gap, is_grave: false }
}

const OLD: &[&str] =
    &["previous", "prior", "above", "earlier", "preceding", "all", "any", "other", "your", "system", "these", "former"];
const ORDERS: &[&str] = &[
    "instruction",
    "instructions",
    "prompt",
    "prompts",
    "rule",
    "rules",
    "guideline",
    "guidelines",
    "directions",
    "orders",
    "restrictions",
];
const PEOPLE: &[&str] = &[
    "user",
    "users",
    "human",
    "humans",
    "person",
    "operator",
    "admin",
    "administrator",
    "anyone",
    "anybody",
    "them",
    "owner",
    "reviewer",
];
const TELL: &[&str] = &[
    "tell",
    "telling",
    "mention",
    "mentioning",
    "inform",
    "informing",
    "reveal",
    "revealing",
    "show",
    "showing",
    "notify",
    "notifying",
    "alert",
    "alerting",
    "warn",
    "warning",
    "ask",
    "asking",
    "disclose",
    "report",
    "let",
];
const READERS: &[&str] = &[
    "ai",
    "llm",
    "llms",
    "model",
    "models",
    "assistant",
    "assistants",
    "agent",
    "agents",
    "claude",
    "chatgpt",
    "gpt",
    "copilot",
    "gemini",
];
const HAND: &[&str] = &[
    "include", "send", "pass", "paste", "provide", "attach", "copy", "repeat", "print", "output", "put", "write",
    "forward", "give",
];
const TALK: &[&str] = &["conversation", "chat", "dialogue", "messages", "history", "prompt", "context"];
const DO: &[&str] = &[
    "call", "use", "invoke", "run", "execute", "read", "send", "pass", "include", "choose", "prefer", "approve",
    "delete", "ignore", "say", "open", "fetch",
];

pub(super) const PHRASES: &[Phrase] = &[
    grave(3, &[&["ignore", "disregard", "forget", "override", "bypass", "neglect"], OLD, ORDERS]),
    grave(4, &[&["dont", "never", "without"], TELL, PEOPLE]),
    grave(4, &[&["do", "must", "should", "shall", "need"], &["not"], TELL, PEOPLE]),
    grave(2, &[&["keep"], &["secret", "hidden", "this"], &["from"], PEOPLE]),
    grave(6, &[HAND, &["full", "entire", "whole", "complete", "system", "previous", "current"], TALK]),
    grave(1, &[&["instead"], &["of"], &["other", "any", "all"], &["tool", "tools"]]),
    grave(
        3,
        &[
            &["dont", "never", "not"],
            &["use", "call", "trust"],
            &["other", "another", "different"],
            &["tool", "tools", "mail", "server", "servers"],
        ],
    ),
    grave(
        2,
        &[
            &["note", "notes", "attention", "message", "instruction", "instructions", "notice", "hint"],
            &["to", "for"],
            READERS,
        ],
    ),
    grave(
        3,
        &[
            READERS,
            &["reviewer", "reviewers", "must", "shall"],
            &["approve", "rate", "mark", "always", "never", "call", "use", "not"],
        ],
    ),
    grave(
        4,
        &[
            &["approve", "rate", "mark", "accept", "treat"],
            &["without", "as"],
            &["safe", "further", "checks", "review", "trusted", "harmless"],
        ],
    ),
    grave(2, &[&["you"], &["are"], &["now"], &["in", "a", "an", "the", "no", "free"]]),
    grave(
        2,
        &[
            &["mcpbox"],
            &[
                "approve", "call", "create", "delete", "get", "import", "list", "request", "rollback", "run", "search",
                "start", "stop", "test", "update", "validate",
            ],
        ],
    ),
    pushy(2, &[&["you"], &["must", "should", "shall", "need", "have", "are"], DO]),
    pushy(
        5,
        &[
            &["before", "after", "whenever", "when"],
            &["using", "calling", "invoking", "running", "answering", "you"],
            &["tool", "tools", "user", "anything", "it", "this"],
            DO,
        ],
    ),
    pushy(2, &[&["always", "must", "only"], DO, &["this", "me"], &["tool", "first", "before", "instead", "function"]]),
    pushy(
        3,
        &[
            HAND,
            &["password", "passwords", "credentials", "api", "token", "tokens", "secrets", "keys"],
            &["of", "from", "here", "as", "in", "keys", "key"],
        ],
    ),
];

/// Marks that only markup for models has.
pub(super) const MARKS: &[&str] = &[
    "<important>",
    "<system>",
    "</system>",
    "<instructions>",
    "<|im_start|>",
    "[inst]",
    "<hidden>",
    "<secret>",
    "<assistant>",
    "[system]",
];
/// Files of people that no description has a reason to name.
pub(super) const PRIVATE: &[&str] = &[
    "~/.ssh",
    "id_rsa",
    "id_ed25519",
    ".aws/credentials",
    "/etc/passwd",
    "/etc/shadow",
    "~/.config",
    ".cursor/mcp.json",
];
