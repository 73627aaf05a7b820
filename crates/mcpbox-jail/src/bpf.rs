//! A compiler from "system call number → verdict" to classic BPF, as a binary search over intervals of numbers: seccomp runs the
//! program at every system call, so its depth is what a call pays.

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
    /// It runs when the argument at `index` is the caller's own process id; else it answers EPERM.
    OwnPid { index: u8 },
    /// The process dies.
    Kill,
}

/// Stands where a process id is patched in.
pub(crate) const PID_PLACEHOLDER: u32 = 0x7fff_fff1;

const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const AND: u16 = 0x54; // BPF_ALU | BPF_AND | BPF_K
const JUMP: u16 = 0x05; // BPF_JMP | BPF_JA
const JUMP_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

const RET_KILL_PROCESS: u32 = 0x8000_0000;
const RET_ERRNO: u32 = 0x0005_0000;
const RET_ALLOW: u32 = 0x7fff_0000;

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

    /// Whether its value is the placeholder of the process id.
    pub(crate) fn is_pid_test(self) -> bool {
        self.code == JUMP_EQUAL && self.value == PID_PLACEHOLDER
    }
}

/// Compiles `rules` (number → verdict, sorted, unique) for calls of `arch`; every other number gets `other`, every other
/// architecture (and with it 32-bit and x32 entry points) dies.
pub(crate) fn compile(arch: u32, rules: &[(u32, Verdict)], other: Verdict) -> Vec<Instruction> {
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
fn intervals(rules: &[(u32, Verdict)], other: Verdict) -> Vec<(u32, Verdict)> {
    let mut line: Vec<(u32, Verdict)> = Vec::new();
    let mut push = |from: u32, verdict: Verdict| match line.last_mut() {
        Some((start, last)) if *start == from => *last = verdict,
        Some((_, last)) if *last == verdict => {}
        _ => line.push((from, verdict)),
    };
    push(0, other);
    for (number, verdict) in rules {
        push(*number, *verdict);
        push(number + 1, other);
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
        Verdict::OwnPid { index } => argument(index, u32::MAX, &[PID_PLACEHOLDER]),
        Verdict::Argument { index, mask, allowed } => argument(index, mask, allowed),
    }
}

/// Loads the upper half (must be 0), then the lower half, and compares it with each allowed value.
fn argument(index: u8, mask: u32, allowed: &[u32]) -> Vec<Instruction> {
    let low = 16 + 8 * u32::from(index); // both supported machines are little endian
    let deny = Instruction::plain(RETURN, RET_ERRNO | u32::from(EPERM));
    let mut code = vec![Instruction::plain(LOAD, low + 4), Instruction::new(JUMP_EQUAL, 1, 0, 0), deny];
    code.push(Instruction::plain(LOAD, low));
    if mask != u32::MAX {
        code.push(Instruction::plain(AND, mask));
    }
    for value in allowed {
        code.push(Instruction::new(JUMP_EQUAL, 0, 1, *value));
        code.push(Instruction::plain(RETURN, RET_ALLOW));
    }
    code.push(deny);
    code
}

/// A little interpreter of what is generated above, so that tests ask the program itself.
#[cfg(test)]
pub(crate) fn run(program: &[Instruction], arch: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let mut at = 0;
    let mut accumulator = 0_u32;
    loop {
        let i = program[at];
        at += 1;
        match i.code {
            LOAD => {
                accumulator = match i.value {
                    NUMBER_OFFSET => number,
                    ARCH_OFFSET => arch,
                    offset => {
                        let argument = arguments[(offset as usize - 16) / 8];
                        if offset % 8 == 0 { argument as u32 } else { (argument >> 32) as u32 }
                    }
                }
            }
            AND => accumulator &= i.value,
            JUMP => at += i.value as usize,
            JUMP_EQUAL => at += usize::from(if accumulator == i.value { i.if_true } else { i.if_false }),
            JUMP_AT_LEAST => at += usize::from(if accumulator >= i.value { i.if_true } else { i.if_false }),
            RETURN => return i.value,
            code => panic!("unknown instruction {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERRNO_1: u32 = RET_ERRNO | 1;

    #[test]
    fn every_number_gets_exactly_its_verdict() {
        let rules: Vec<(u32, Verdict)> = (0..400)
            .filter(|n| n % 3 != 1)
            .map(|n| (n, if n % 7 == 0 { Verdict::Errno(38) } else { Verdict::Allow }))
            .collect();
        let program = compile(7, &rules, Verdict::Errno(1));
        for number in (0..1000).chain([0x4000_0000, u32::MAX]) {
            let expected = match rules.iter().find(|(n, _)| *n == number) {
                Some((_, Verdict::Errno(_))) => RET_ERRNO | 38,
                Some(_) => RET_ALLOW,
                None => ERRNO_1,
            };
            assert_eq!(run(&program, 7, number, [0; 6]), expected, "{number}");
        }
        assert_eq!(run(&program, 8, 0, [0; 6]), RET_KILL_PROCESS);
    }

    #[test]
    fn arguments_are_compared_in_both_halves() {
        let rules = [
            (3, Verdict::Argument { index: 1, mask: u32::MAX, allowed: &[5, 6] }),
            (4, Verdict::Argument { index: 0, mask: 0xf0, allowed: &[0x10] }),
            (5, Verdict::OwnPid { index: 0 }),
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
        ];
        for (number, [a, b], expected) in cases {
            assert_eq!(run(&program, 1, number, [a, b, 0, 0, 0, 0]), expected, "{number} {a} {b}");
        }
        assert_eq!(program.iter().filter(|i| i.is_pid_test()).count(), 1);
    }
}
