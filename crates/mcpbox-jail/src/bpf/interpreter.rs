//! A little interpreter of what is generated, so that tests ask the program itself, for machines they do not run on too.

use super::{AND, ARCH_OFFSET, Instruction, JUMP, JUMP_AT_LEAST, JUMP_EQUAL, LOAD, NUMBER_OFFSET, RETURN};

/// How a run ended.
pub(crate) struct Ran {
    /// What the kernel would be told.
    pub(crate) answer: u32,
    /// Instructions it took.
    pub(crate) steps: usize,
}

/// Runs `program` for one system call.
pub(crate) fn run(program: &[Instruction], arch: u32, number: u32, arguments: [u64; 6]) -> Ran {
    let (mut at, mut accumulator) = (0, 0_u32);
    for steps in 1.. {
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
            RETURN => return Ran { answer: i.value, steps },
            code => panic!("unknown instruction {code}"),
        }
    }
    unreachable!("programs only jump forward")
}
