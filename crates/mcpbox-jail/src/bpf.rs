//! A compiler from "system call number → verdict" to classic BPF, as a binary search over intervals of numbers: seccomp runs the
//! program at every system call, so its depth is what a call pays.

use std::ops::RangeInclusive;

/// One BPF instruction, as in `struct sock_filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

/// What happens to a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It runs.
    Allow,
    /// It answers with this error number.
    Errno(u16),
    /// It runs when the argument at `index`, masked, is one of `allowed`; else it answers EPERM. The upper half must be 0.
    Argument { index: u8, mask: u32, allowed: &'static [u32] },
    /// The same for a whole argument, but for the values of `pretended` it answers success and does nothing.
    Pretend { index: u8, allowed: &'static [u32], pretended: &'static [u32] },
    /// It runs when each of these arguments is one of its allowed values; else it answers EPERM.
    Arguments(&'static [Test]),
    /// It runs when the arguments at `index` and behind it are one of these pairs; else it answers EPERM. Their upper halves must be 0.
    Pair { index: u8, allowed: &'static [(u32, u32)] },
    /// It runs when the argument at `index` is the caller's own process id; else it answers EPERM.
    OwnPid { index: u8 },
    /// The process dies.
    Kill,
}

/// What an argument must be: masked, one of `allowed`. Its upper half must be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) index: u8,
    pub(crate) mask: u32,
    pub(crate) allowed: &'static [u32],
}

/// Stands where a process id is patched in.
pub(crate) const PID_PLACEHOLDER: u32 = 0x7fff_fff1;

const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const AND: u16 = 0x54; // BPF_ALU | BPF_AND | BPF_K
const JUMP: u16 = 0x05; // BPF_JMP | BPF_JA
const JUMP_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

pub(crate) const RET_KILL_PROCESS: u32 = 0x8000_0000;
pub(crate) const RET_ERRNO: u32 = 0x0005_0000;
pub(crate) const RET_ALLOW: u32 = 0x7fff_0000;

const NUMBER_OFFSET: u32 = 0;
const ARCH_OFFSET: u32 = 4;

const EPERM: u16 = libc::EPERM as u16;

impl Instruction {
    const fn new(code: u16, if_true: u8, if_false: u8, value: u32) -> Self {
        Self { code, if_true, if_false, value }
    }

    const fn plain(code: u16, value: u32) -> Self {
        Self::new(code, 0, 0, value)
    }

    /// The eight bytes the kernel reads, native order.
    pub(crate) fn to_bytes(self) -> [u8; 8] {
        let [a, b] = self.code.to_ne_bytes();
        let [c, d, e, f] = self.value.to_ne_bytes();
        [a, b, self.if_true, self.if_false, c, d, e, f]
    }

    /// The same with another value.
    pub(crate) fn with_value(self, value: u32) -> Self {
        Self { value, ..self }
    }

    /// Whether its value is the placeholder of the process id.
    pub(crate) fn is_pid_test(self) -> bool {
        self.code == JUMP_EQUAL && self.value == PID_PLACEHOLDER
    }
}

/// Numbers of calls, both included, and what happens to them.
pub(crate) type Rule = (RangeInclusive<u32>, Verdict);

/// Compiles `rules` (sorted, without overlap) for calls of `arch`; every other number gets `other`, every other architecture (and
/// with it 32-bit entry points) dies.
pub(crate) fn compile(arch: u32, rules: &[Rule], other: Verdict) -> Vec<Instruction> {
    let mut program = vec![
        Instruction::plain(LOAD, ARCH_OFFSET),
        Instruction::new(JUMP_EQUAL, 1, 0, arch),
        Instruction::plain(RETURN, RET_KILL_PROCESS),
        Instruction::plain(LOAD, NUMBER_OFFSET),
    ];
    program.extend(search(&intervals(rules, other)));
    program
}

/// The whole number line as (first number, verdict), neighbours with the same verdict merged.
fn intervals(rules: &[Rule], other: Verdict) -> Vec<(u32, Verdict)> {
    let mut line: Vec<(u32, Verdict)> = Vec::new();
    let mut push = |from: u32, verdict: Verdict| match line.last_mut() {
        Some((start, last)) if *start == from => *last = verdict,
        Some((_, last)) if *last == verdict => {}
        _ => line.push((from, verdict)),
    };
    push(0, other);
    for (numbers, verdict) in rules {
        push(*numbers.start(), *verdict);
        if let Some(next) = numbers.end().checked_add(1) {
            push(next, other);
        }
    }
    line
}

fn search(line: &[(u32, Verdict)]) -> Vec<Instruction> {
    let (left, right) = line.split_at(line.len() / 2);
    match (left.is_empty(), right.first()) {
        (true, Some((_, verdict))) => leaf(*verdict),
        (false, Some((boundary, _))) => {
            let left = search(left);
            let mut code = match u8::try_from(left.len()) {
                Ok(skip) => vec![Instruction::new(JUMP_AT_LEAST, skip, 0, *boundary)],
                Err(_) => vec![
                    Instruction::new(JUMP_AT_LEAST, 0, 1, *boundary),
                    Instruction::plain(JUMP, u32::try_from(left.len()).unwrap_or(u32::MAX)),
                ],
            };
            code.extend(left);
            code.extend(search(right));
            code
        }
        (_, None) => vec![Instruction::plain(RETURN, RET_KILL_PROCESS)],
    }
}

fn leaf(verdict: Verdict) -> Vec<Instruction> {
    match verdict {
        Verdict::Allow => vec![Instruction::plain(RETURN, RET_ALLOW)],
        Verdict::Errno(number) => vec![Instruction::plain(RETURN, RET_ERRNO | u32::from(number))],
        Verdict::Kill => vec![Instruction::plain(RETURN, RET_KILL_PROCESS)],
        Verdict::OwnPid { index } => argument(index, u32::MAX, &[PID_PLACEHOLDER], &[]),
        Verdict::Arguments(tests) => {
            let mut code: Vec<Instruction> = tests.iter().flat_map(test).collect();
            code.push(Instruction::plain(RETURN, RET_ALLOW));
            code
        }
        Verdict::Pair { index, allowed } => pair(index, allowed),
        Verdict::Argument { index, mask, allowed } => argument(index, mask, allowed, &[]),
        Verdict::Pretend { index, allowed, pretended } => argument(index, u32::MAX, allowed, pretended),
    }
}

/// Loads the upper half (must be 0), then the lower half, and compares it with each allowed value.
fn argument(index: u8, mask: u32, allowed: &[u32], pretended: &[u32]) -> Vec<Instruction> {
    let low = 16 + 8 * u32::from(index); // both supported machines are little endian
    let deny = Instruction::plain(RETURN, RET_ERRNO | u32::from(EPERM));
    let mut code = vec![Instruction::plain(LOAD, low + 4), Instruction::new(JUMP_EQUAL, 1, 0, 0), deny];
    code.push(Instruction::plain(LOAD, low));
    if mask != u32::MAX {
        code.push(Instruction::plain(AND, mask));
    }
    let allowed = allowed.iter().map(|value| (value, RET_ALLOW));
    for (value, answer) in allowed.chain(pretended.iter().map(|value| (value, RET_ERRNO))) {
        code.push(Instruction::new(JUMP_EQUAL, 0, 1, *value));
        code.push(Instruction::plain(RETURN, answer));
    }
    code.push(deny);
    code
}

/// Compares two arguments with each allowed pair, after their upper halves (must be 0).
fn pair(index: u8, allowed: &[(u32, u32)]) -> Vec<Instruction> {
    let low = 16 + 8 * u32::from(index);
    let deny = Instruction::plain(RETURN, RET_ERRNO | u32::from(EPERM));
    let upper = |low: u32| [Instruction::plain(LOAD, low + 4), Instruction::new(JUMP_EQUAL, 1, 0, 0), deny];
    let mut code: Vec<Instruction> = upper(low).into_iter().chain(upper(low + 8)).collect();
    for (first, second) in allowed {
        code.extend([
            Instruction::plain(LOAD, low),
            Instruction::new(JUMP_EQUAL, 0, 3, *first),
            Instruction::plain(LOAD, low + 8),
            Instruction::new(JUMP_EQUAL, 0, 1, *second),
            Instruction::plain(RETURN, RET_ALLOW),
        ]);
    }
    code.push(deny);
    code
}

/// Goes on behind itself when the argument is as it must be.
fn test(test: &Test) -> Vec<Instruction> {
    let low = 16 + 8 * u32::from(test.index);
    let deny = Instruction::plain(RETURN, RET_ERRNO | u32::from(EPERM));
    let mut code = vec![Instruction::plain(LOAD, low + 4), Instruction::new(JUMP_EQUAL, 1, 0, 0), deny];
    code.extend([Instruction::plain(LOAD, low), Instruction::plain(AND, test.mask)]);
    for (value, after) in test.allowed.iter().zip((0..test.allowed.len()).rev()) {
        // Over the other comparisons and the refusal.
        code.push(Instruction::new(JUMP_EQUAL, u8::try_from(after + 1).unwrap_or(0), 0, *value));
    }
    code.push(deny);
    code
}

#[cfg(test)]
pub(crate) mod interpreter;

#[cfg(test)]
mod tests {
    use super::{interpreter::run, *};

    const ERRNO_1: u32 = RET_ERRNO | 1;

    #[test]
    fn every_number_gets_exactly_its_verdict() {
        let rules: Vec<Rule> = (0..400)
            .filter(|n| n % 3 != 1)
            .map(|n| (n..=n, if n % 7 == 0 { Verdict::Errno(38) } else { Verdict::Allow }))
            .chain([(0x4000_0000..=u32::MAX, Verdict::Kill)])
            .collect();
        let program = compile(7, &rules, Verdict::Errno(1));
        for number in (0..1000).chain([0x3fff_ffff, 0x4000_0000, 0x4000_0001, u32::MAX]) {
            let expected = match rules.iter().find(|(numbers, _)| numbers.contains(&number)) {
                Some((_, Verdict::Errno(_))) => RET_ERRNO | 38,
                Some((_, Verdict::Kill)) => RET_KILL_PROCESS,
                Some(_) => RET_ALLOW,
                None => ERRNO_1,
            };
            assert_eq!(run(&program, 7, number, [0; 6]).answer, expected, "{number}");
        }
        assert_eq!(run(&program, 8, 0, [0; 6]).answer, RET_KILL_PROCESS);
    }

    #[test]
    fn arguments_are_compared_in_both_halves() {
        let rules = [
            (3..=3, Verdict::Argument { index: 1, mask: u32::MAX, allowed: &[5, 6] }),
            (4..=4, Verdict::Argument { index: 0, mask: 0xf0, allowed: &[0x10] }),
            (5..=5, Verdict::OwnPid { index: 0 }),
            (6..=6, Verdict::Pretend { index: 0, allowed: &[1], pretended: &[2] }),
            (7..=7, Verdict::Pair { index: 0, allowed: &[(1, 2), (3, 4), (1, 5)] }),
        ];
        let program = compile(1, &rules, Verdict::Errno(1));
        let cases = [
            (3, [0, 5], RET_ALLOW),
            (3, [0, 6], RET_ALLOW),
            (3, [5, 7], ERRNO_1),
            (3, [0, 5 | 1 << 32], ERRNO_1),
            (4, [0x1f, 0], RET_ALLOW),
            (4, [0x30, 0], ERRNO_1),
            (5, [u64::from(PID_PLACEHOLDER), 0], RET_ALLOW),
            (5, [1, 0], ERRNO_1),
            (6, [1, 0], RET_ALLOW),
            (6, [2, 0], RET_ERRNO),
            (6, [3, 0], ERRNO_1),
            (6, [2 | 1 << 32, 0], ERRNO_1),
            (7, [1, 2], RET_ALLOW),
            (7, [3, 4], RET_ALLOW),
            (7, [1, 5], RET_ALLOW),
            (7, [1, 4], ERRNO_1),
            (7, [3, 2], ERRNO_1),
            (7, [2, 1], ERRNO_1),
            (7, [1 | 1 << 32, 2], ERRNO_1),
            (7, [1, 2 | 1 << 32], ERRNO_1),
        ];
        for (number, [a, b], expected) in cases {
            assert_eq!(run(&program, 1, number, [a, b, 0, 0, 0, 0]).answer, expected, "{number} {a} {b}");
        }
        assert_eq!(program.iter().filter(|i| i.is_pid_test()).count(), 1);
    }
}
