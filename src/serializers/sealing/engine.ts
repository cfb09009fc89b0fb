/** AES-256-GCM under one key: IVs of 12 bytes, tags of 16, nothing else. */
export interface SealKey {
  /**
   * Gives IV, ciphertext and tag in base64url.
   * @param iv 12 bytes, never twice with one key. It is used, or copied, before the answer.
   * @param about ASCII text that is not in the box and must be the same to open it.
   */
  seal(iv: Uint8Array, about: string, text: string): string | Promise<string>
  /** Gives the text, or `undefined` for a box that was not sealed just so, however it differs. */
  open(box: string, about: string): string | undefined | Promise<string | undefined>
}

/** A key of the ring. Nothing that shows objects shows its bytes. */
export interface RingSecret {
  /** A key of this one by HKDF-SHA-256. RFC 5869. */
  derive(salt: Uint8Array<ArrayBuffer>, info: Uint8Array<ArrayBuffer>): SealKey | Promise<SealKey>
  /** The key itself, as the PHP library uses it. */
  direct(): SealKey | Promise<SealKey>
}

/** What a platform's cryptography is used through. Every engine makes and reads the same texts. */
export interface Engine {
  readonly name: 'node' | 'web'
  /** Takes over 32 bytes, which are copied. */
  secret(bytes: Uint8Array<ArrayBuffer>): RingSecret
  /** Base64url of bytes, without padding. */
  encode(bytes: Uint8Array<ArrayBuffer>): string
  /** Bytes of what `encode` gave. Of any other text it gives some bytes, or `undefined`. */
  decode(text: string): Uint8Array<ArrayBuffer> | undefined
}

/** What the derived keys are for. RFC 5869, section 3.2. */
export const HKDF_INFO: Uint8Array<ArrayBuffer> = new TextEncoder().encode('holdfast hf1 aes-256-gcm')
export const KEY_BYTES = 32
