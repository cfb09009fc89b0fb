import { describe, expect, it } from 'vitest'
import { deviceOf } from '../../src/manager/device.ts'

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const MAC = 'Macintosh; Intel Mac OS X 10_15_7'
const IPHONE = 'iPhone; CPU iPhone OS 18_5 like Mac OS X'
const IPAD = 'iPad; CPU OS 17_7 like Mac OS X'
const WINDOWS = 'Windows NT 10.0; Win64; x64'

describe('a user agent in a few words', () => {
  it.each([
    ['Firefox on Windows', `Mozilla/5.0 (${WINDOWS}; rv:140.0) Gecko/20100101 Firefox/140.0`],
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    ['Firefox on macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0'],
    ['Firefox on Android', 'Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0'],
    ['Firefox on iOS', `Mozilla/5.0 (${IPHONE}) ${APPLE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`],
    ['Chrome on Windows', `Mozilla/5.0 (${WINDOWS}) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`],
    ['Chrome on macOS', `Mozilla/5.0 (${MAC}) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`],
    ['Chrome on Linux', `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`],
    ['Chrome on Android', `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36`],
    ['Chrome on iOS', `Mozilla/5.0 (${IPHONE}) ${APPLE} CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1`],
    ['Chrome on ChromeOS', `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`],
    ['Safari on macOS', `Mozilla/5.0 (${MAC}) ${APPLE} Version/18.5 Safari/605.1.15`],
    ['Safari on iOS', `Mozilla/5.0 (${IPHONE}) ${APPLE} Version/18.5 Mobile/15E148 Safari/604.1`],
    ['Safari on iPadOS', `Mozilla/5.0 (${IPAD}) ${APPLE} Version/17.7 Mobile/15E148 Safari/604.1`],
    ['Edge on Windows', `Mozilla/5.0 (${WINDOWS}) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0`],
    ['Edge on Android', `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36 EdgA/138.0.0.0`],
    ['Edge on iOS', `Mozilla/5.0 (${IPHONE}) ${APPLE} Version/18.0 EdgiOS/138.0.3351.77 Mobile/15E148 Safari/605.1.15`],
    ['Opera on Windows', `Mozilla/5.0 (${WINDOWS}) ${WEBKIT} Chrome/137.0.0.0 Safari/537.36 OPR/121.0.0.0`],
    [
      'Samsung Internet on Android',
      `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    ],
    ['curl', 'curl/8.14.1'],
  ])('says %s', (device, userAgent) => {
    expect(deviceOf(userAgent)).toBe(device)
  })

  it('says what it knows where it knows only one of the two', () => {
    expect(deviceOf('Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko')).toBe('Windows')
    expect(deviceOf('Firefox/140.0')).toBe('Firefox')
  })

  it.each([undefined, '', 'Googlebot/2.1', 'x', 'Mozilla/5.0', 'not curl/8', 'Chromely', 'iPadding'])('says nothing of %j', (userAgent) => {
    expect(deviceOf(userAgent)).toBeUndefined()
  })

  it('repeats nothing of what a client says', () => {
    const said = '<script>alert(1)</script> (Windows NT 10.0; <b>) Firefox/140.0"><img src=x onerror=alert(1)>'
    expect(deviceOf(said)).toBe('Firefox on Windows')
  })
})
