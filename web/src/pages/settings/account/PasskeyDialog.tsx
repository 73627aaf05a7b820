import { Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { client } from "@/api/client";
import { Dialog } from "@/components/Dialog";
import { makePasskey } from "@/components/webauthn";
import { browserOf } from "../browser";
import { PasswordQuestion } from "./PasswordDialog";

interface Props {
  isOpen: boolean;
  hasPassword: boolean;
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}

/** Makes a passkey on this device. */
export function PasskeyDialog({ isOpen, onClose, ...rest }: Props) {
  return (
    <Dialog opened={isOpen} onClose={onClose} title="Add a passkey">
      {isOpen && <Steps onClose={onClose} {...rest} />}
    </Dialog>
  );
}

function Steps({ hasPassword, onClose, onCodes }: Omit<Props, "isOpen">) {
  const [name, setName] = useState(() => browserOf(navigator.userAgent));
  const make = async (password: string) => {
    const { data } = await client.POST("/api/account/passkeys", { body: { password } });
    const passkey = data && (await makePasskey(data.options));
    if (!passkey) throw new Error("No passkey was made. Try again.");
    const made = await client.PUT("/api/account/passkeys", { body: { token: data.token, name, passkey } });
    onCodes(made.data?.recovery_codes ?? []);
  };
  return (
    <PasswordQuestion hasPassword={hasPassword} onClose={onClose} action="Make the passkey" onConfirm={make}>
      <Stack>
        Your browser asks where to keep it: on this device, in a password manager, or on a security key.
        <TextInput label="Name" description="So that you know it again in the list." value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={64} required />
      </Stack>
    </PasswordQuestion>
  );
}
